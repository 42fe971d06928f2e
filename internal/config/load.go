package config

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"garant.example/internal/errs"
)

// Source says where settings are looked for.
type Source struct {
	File  string            // path of the YAML file; empty: none
	Env   []string          // as os.Environ gives it
	Flags map[string]string // by path; only flags that were given
}

// Load reads the settings: flags over environment over file over defaults. It
// does not ask whether they suffice to serve; see Validate.
func Load(s Source) (*Config, error) {
	c := Defaults()
	var all mistakes
	if s.File != "" {
		data, err := readFile(s.File, maxFile+1)
		if err != nil {
			return nil, errs.New(errs.Config, "config.file.unreadable").With("file", s.File).
				Do("config.file.unreadable.fix").Cause(err)
		}
		all = append(all, c.readYAML(s.File, data)...)
	}
	all = append(all, c.readEnv(s.Env)...)
	all = append(all, c.readFlags(s.Flags)...)
	if err := all.err(); err != nil {
		return nil, err
	}
	c.exposed = c.exposes(s.File)
	if _, given := c.origins["url"]; !given {
		c.URL = localURL(c.Listen, c.URL)
	}
	return c, nil
}

// localURL is where people of this machine reach a listener, when nobody says how
// others do.
func localURL(listen, otherwise string) string {
	switch _, port, err := net.SplitHostPort(listen); {
	case err != nil || port == "" || port == "0":
		return otherwise
	case port == "443":
		return "https://localhost"
	default:
		return "https://localhost:" + port
	}
}

// readFile reads at most so many bytes: a setting may name a device.
func readFile(name string, most int) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	if info.Size() > int64(most) {
		return make([]byte, most), nil // the caller's own limit speaks
	}
	return os.ReadFile(name)
}

const envPrefix = "GARANT_"

// envName is the variable of a path.
func envName(path string) string {
	return envPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(path))
}

// readEnv reads GARANT_ variables. A variable that belongs to no setting is a
// mistake, as an unknown name in the file is.
func (c *Config) readEnv(env []string) mistakes {
	var out mistakes
	given := map[string]string{}
	for _, e := range env {
		if name, value, ok := strings.Cut(e, "="); ok && strings.HasPrefix(name, envPrefix) && !injected(name) {
			given[name] = value
		}
	}
	var known []string
	c.change(func(path string, v reflect.Value) {
		name := envName(path)
		known = append(known, name)
		value, set := given[name]
		delete(given, name)
		if isSecret(v.Type()) {
			known = append(known, name+"_FILE")
			file, fromFile := given[name+"_FILE"]
			delete(given, name+"_FILE")
			if fromFile {
				c.fromSecretFile(&out, path, name+"_FILE", file, set, v)
				return
			}
		}
		if set {
			c.fromText(&out, path, name, value, v)
		}
	})
	for _, name := range slices.Sorted(mapKeys(given)) {
		key, near := "config.unknown", nearest(strings.ToLower(name), lower(known))
		if near != "" {
			key, near = "config.unknown.near", strings.ToUpper(near)
		}
		out.add(name, key, "config.env.fix", errs.Params{"place": name, "near": near})
	}
	return out
}

// injected are the variables that Kubernetes sets in every container beside a
// service that is called garant: they are not the operator's.
func injected(name string) bool {
	return strings.HasPrefix(name, "GARANT_SERVICE_") || name == "GARANT_PORT" || strings.HasPrefix(name, "GARANT_PORT_")
}

func (c *Config) fromText(out *mistakes, path, origin, value string, v reflect.Value) {
	if err := set(v, value); err != nil {
		out.add(path, "config.value."+kindOf(v.Type()), "config.env.fix", errs.Params{"place": origin})
		return
	}
	c.origins[path] = origin
}

const maxSecret = 64 << 10 // bytes of a secret's file

// OpenToAll says whether every user of the machine may read a file, or worse. A
// group may: that is how secrets reach a service that does not run as root.
// Windows says nothing of the kind in its modes.
func OpenToAll(file string) bool {
	info, err := os.Stat(file)
	return err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0
}

// exposes lists the secrets that stand in a configuration file which every user of
// the machine may read.
func (c *Config) exposes(file string) (paths []string) {
	if file == "" || !OpenToAll(file) {
		return nil
	}
	for _, s := range c.Settings() {
		if s.Secret && s.Value != notSet && !strings.HasPrefix(s.Origin, envPrefix) && !strings.HasSuffix(s.Origin, ")") {
			paths = append(paths, s.Path)
		}
	}
	return paths
}

// Exposed lists the secrets that Load found standing in a file which every user of
// the machine may read.
func (c *Config) Exposed() []string { return c.exposed }

// fromSecretFile reads a secret from a file, without its last line break.
func (c *Config) fromSecretFile(out *mistakes, path, origin, file string, twice bool, v reflect.Value) {
	if twice {
		out.add(path, "config.secret.twice", "config.env.fix", errs.Params{"place": origin})
		return
	}
	data, err := readFile(file, maxSecret+1)
	if err != nil || len(data) > maxSecret || len(data) == 0 {
		out.add(path, "config.secret.file", "config.secret.file.fix", errs.Params{"place": origin, "file": file})
		return
	}
	if OpenToAll(file) {
		out.add(path, "config.secret.open", "config.secret.open.fix", errs.Params{"place": origin, "file": file})
		return
	}
	v.SetString(strings.TrimRight(string(data), "\r\n"))
	c.origins[path] = origin + " (" + file + ")"
}

// secretFile is the same for an entry of the YAML file.
func (r *reader) secretFile(path string, v reflect.Value, e *ast.MappingValueNode) {
	file, ok := scalar(e.Value)
	if !ok {
		r.fail(path+"_file", "config.value.scalar", lineAt(e.Value), nil)
		return
	}
	c := Config{origins: r.origins}
	c.fromSecretFile(&r.mistakes, path, r.place(lineAt(e.Value)), file, v.Len() > 0, v)
}

// readFlags sets what the command line gave.
func (c *Config) readFlags(flags map[string]string) mistakes {
	var out mistakes
	left := map[string]string{}
	for path, value := range flags {
		left[path] = value
	}
	c.change(func(path string, v reflect.Value) {
		if value, ok := left[path]; ok {
			c.fromText(&out, path, "--"+path, value, v)
			delete(left, path)
		}
	})
	for _, path := range slices.Sorted(mapKeys(left)) {
		out.add(path, "config.unknown", "config.env.fix", errs.Params{"place": "--" + path})
	}
	return out
}

// change visits every leaf so that it can be set. Entries of maps are taken out
// and put back, because Go cannot set them in place.
func (c *Config) change(visit func(path string, v reflect.Value)) {
	top := reflect.ValueOf(c).Elem()
	for _, f := range fields(top.Type()) {
		v := top.Field(f.index)
		if v.Kind() != reflect.Map {
			walk(f.name, v, visit)
			continue
		}
		for _, k := range v.MapKeys() {
			item := reflect.New(v.Type().Elem()).Elem()
			item.Set(v.MapIndex(k))
			walk(join(f.name, k.String()), item, visit)
			v.SetMapIndex(k, item)
		}
	}
}

func mapKeys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func lower(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strings.ToLower(s)
	}
	return out
}
