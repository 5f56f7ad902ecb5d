"""Operations on a project: functions that take the service container, or the services that they need."""
