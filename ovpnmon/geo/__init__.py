"""From an address to a place, on this machine alone: no address is ever sent anywhere."""
