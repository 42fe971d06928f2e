package listenersweep

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// own reads the sockets of the network that this process lives in and keeps those
// that it holds itself.
func own() ([]socket, error) {
	held, err := inodes()
	if err != nil {
		return nil, err
	}
	var list []socket
	for _, table := range []string{"tcp", "tcp6"} {
		data, err := os.ReadFile(filepath.Join("/proc/self/net", table))
		if os.IsNotExist(err) && table == "tcp6" {
			continue // a machine without IPv6
		}
		if err != nil {
			return nil, err
		}
		all, err := parseTable(data)
		if err != nil {
			return nil, err
		}
		list = append(list, slices.DeleteFunc(all, func(s socket) bool { return !held[s.inode] })...)
	}
	return list, nil
}

// inodes are the sockets among the open files of this process.
func inodes() (map[string]bool, error) {
	const files = "/proc/self/fd"
	entries, err := os.ReadDir(files)
	if err != nil {
		return nil, err
	}
	held := map[string]bool{}
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(files, e.Name()))
		if err != nil {
			continue // closed since the list was read
		}
		if number, ok := strings.CutPrefix(target, "socket:["); ok {
			held[strings.TrimSuffix(number, "]")] = true
		}
	}
	return held, nil
}
