"""Live connections: agents' and visitors' websockets."""
