"""What every package may use: names of types, parts of messages, masked secrets, atomic writes."""
