"""What every package may use: names of types, durations, parts of messages, masked secrets, atomic writes."""
