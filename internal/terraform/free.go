package terraform

// Free is how many bytes the portal's user may still write where path lies.
func Free(path string) (uint64, error) { return freeBytes(path) }
