"""What the service keeps in its database: accepted requests, and which service works on them."""
