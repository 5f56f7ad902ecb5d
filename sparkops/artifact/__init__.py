"""Model artifacts: the folder that is registered, its parity certificate, and checks of both."""
