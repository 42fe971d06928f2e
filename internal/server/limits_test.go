package server_test

func roleQuota(s site) error { return nil }
func roleTmpfs(s site) error { return nil }
func rolePanic(s site) error { return nil }
