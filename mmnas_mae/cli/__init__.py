"""The command `mmnas`. Imported module by module: the entry needs neither torch nor mmengine's runner."""
