package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Load reads the settings: defaults, then the file (WAYMARK_CONFIG, else
// waymark.yaml in the working folder if it is there), then the environment.
// getenv is os.Getenv; the caller applies flags and then calls Check.
func Load(getenv func(string) string) (Config, error) {
	var c Config
	for _, k := range keys(&c) {
		if err := k.set(k.Default); err != nil {
			return c, fmt.Errorf("default of %s: %w", k.Key, err)
		}
	}
	if err := readFile(&c, getenv("WAYMARK_CONFIG")); err != nil {
		return c, err
	}
	for _, k := range keys(&c) {
		v := getenv(k.Env)
		if k.Env == "" || v == "" {
			continue
		}
		if err := k.set(v); err != nil {
			return c, fmt.Errorf("%s: %w", k.Env, err)
		}
	}
	return c, nil
}

func readFile(c *Config, path string) error {
	named := path != ""
	if !named {
		path = "waymark.yaml"
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) && !named {
		return nil
	}
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	d := yaml.NewDecoder(f)
	d.KnownFields(true) // a key with a typing error must stop the start
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("configuration %s: %w", path, err)
	}
	return nil
}

// Key is one setting with its documentation.
type Key struct {
	Key, Env, Default, Help, Example string
	Secret                           bool
	value                            reflect.Value
}

// Keys lists every setting of c in the order of the struct.
func (c *Config) Keys() []Key { return keys(c) }

func keys(c *Config) []Key { return walk(reflect.ValueOf(c).Elem(), "") }

func walk(v reflect.Value, prefix string) []Key {
	var out []Key
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("yaml")
		if name == "-" || name == "" {
			continue
		}
		if f.Type.Kind() == reflect.Struct {
			out = append(out, walk(v.Field(i), prefix+name+".")...)
			continue
		}
		out = append(out, Key{Key: prefix + name, Env: f.Tag.Get("env"), Default: f.Tag.Get("default"),
			Help: f.Tag.Get("help"), Example: f.Tag.Get("example"), Secret: f.Tag.Get("secret") == "true", value: v.Field(i)})
	}
	return out
}

// set parses text into the setting; lists are separated by commas.
func (k Key) set(text string) error {
	if text == "" {
		return nil
	}
	switch k.value.Interface().(type) {
	case string:
		k.value.SetString(text)
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		k.value.SetBool(b)
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 90s or 12h", text)
		}
		k.value.SetInt(int64(d))
	case []string:
		parts := strings.Split(text, ",")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		k.value.Set(reflect.ValueOf(parts))
	case []CatalogHost:
		var list []CatalogHost
		for _, part := range strings.Split(text, ",") {
			name, kind, _ := strings.Cut(strings.TrimSpace(part), "=")
			list = append(list, CatalogHost{Host: name, Kind: kind})
		}
		k.value.Set(reflect.ValueOf(list))
	default:
		return fmt.Errorf("cannot be set by text")
	}
	return nil
}

// Text is the setting's value for people; a secret is masked.
func (k Key) Text() string {
	if k.value.IsZero() {
		return ""
	}
	if k.Secret {
		return "(set)"
	}
	switch v := k.value.Interface().(type) {
	case []string:
		return strings.Join(v, ",")
	default:
		return fmt.Sprint(v)
	}
}

// DataPath joins names to the data folder.
func (c Config) DataPath(names ...string) string {
	return filepath.Join(append([]string{c.Data}, names...)...)
}
