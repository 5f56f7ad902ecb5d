"""Operations on a project: functions that take the service container."""
