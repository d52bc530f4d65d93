"""What every room may use. Imported module by module: records and errors need no torch, others do."""
