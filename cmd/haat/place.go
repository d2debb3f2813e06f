package main

import (
	"os"
)

// place says which haat a command is about. The flags win over the environment,
// the environment over the configuration file, the file over the defaults.
type place struct {
	Config string `short:"c" env:"HAAT_CONFIG" placeholder:"FILE" help:"Configuration file; config.example.yaml shows every setting."`
	Data   string `placeholder:"DIR" help:"Directory of everything that haat keeps (default ./haat-data)."`
}

// load reads the configuration of a command that runs a part of haat.
func (p place) load() (Config, error) { return p.loadWith("", keysNeeded) }

// loadToRead reads the configuration of a command that only looks at the data:
// it does not speak with carriers, so their keys need not be in its environment.
func (p place) loadToRead() (Config, error) { return p.loadWith("", keysUnused) }

func (p place) loadWith(listen string, keys keyUse) (Config, error) {
	return loadConfig(p.Config, os.Environ(), keys, func(c *Config) {
		if p.Data != "" {
			c.Data = p.Data
		}
		if listen != "" {
			c.Listen = listen
		}
	})
}

// server is the place of a command that listens for HTTP.
type server struct {
	place
	Listen string `placeholder:"ADDR" help:"Address to listen on (default 127.0.0.1:8080)."`
}

// load reads the configuration with the --listen flag applied.
func (s server) load() (Config, error) { return s.loadWith(s.Listen, keysNeeded) }
