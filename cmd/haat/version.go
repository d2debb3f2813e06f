package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

// versionCmd prints the version of the module, the commit it was built from
// and the Go that built it: what a problem report needs.
type versionCmd struct{}

// Run prints one line.
func (versionCmd) Run(_ context.Context, io *stdio) error {
	version, commit := "(devel)", ""
	if build, ok := debug.ReadBuildInfo(); ok {
		if build.Main.Version != "" {
			version = build.Main.Version
		}
		commit = commitOf(build.Settings)
	}
	_, err := fmt.Fprintf(io.Out, "haat %s%s, %s %s/%s\n", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func commitOf(settings []debug.BuildSetting) string {
	var revision, modified string
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			if s.Value == "true" {
				modified = ", modified"
			}
		}
	}
	if revision == "" {
		return ""
	}
	return " (commit " + revision + modified + ")"
}
