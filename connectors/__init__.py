"""One connector is one module or folder here; the registry finds it by scanning, so nothing lists them."""
