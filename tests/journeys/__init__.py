"""Few, whole, real: the service as a process, a real MongoDB, a real browser, real mail servers and a real mail client."""
