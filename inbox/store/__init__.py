"""MongoDB: fills the ports. Nothing outside this package knows a collection or a filter."""
