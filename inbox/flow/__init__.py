"""The steps, in the order data passes; they see ports, the connector interface and the core."""
