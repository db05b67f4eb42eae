// precompile FOLDER puts gVisor's seccomp filters, compiled, into the copy of gVisor's module in FOLDER. Published binaries have them so; the
// module has them compiled anew by each sentry and each gofer that starts.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gvisor.dev/gvisor/pkg/seccomp/precompiledseccomp"
	sentry "gvisor.dev/gvisor/runsc/boot/filter/config"
	gofer "gvisor.dev/gvisor/runsc/fsgofer/filter/config"
)

// What the module has in the place of the filters.
const none = "\tprecompiledPrograms = programs\n"

func put(filters string, compile func() ([]precompiledseccomp.Program, error)) error {
	programs, err := compile()
	if err != nil {
		return err
	}
	file := filepath.Join(filters, "filter_precompiled.go")
	source, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if strings.Count(string(source), none) != 1 {
		return fmt.Errorf("%s does not have the place for filters that it had", file)
	}
	var registrations strings.Builder
	for _, program := range programs {
		registrations.WriteString(program.Registration("\t", "precompiledseccomp", "programs"))
	}
	changed := strings.Replace(string(source), none, registrations.String()+none, 1)
	return os.WriteFile(file, []byte(changed), 0o644)
}

func main() {
	for filters, compile := range map[string]func() ([]precompiledseccomp.Program, error){
		"runsc/boot/filter":    sentry.PrecompiledPrograms,
		"runsc/fsgofer/filter": gofer.PrecompiledPrograms,
	} {
		if err := put(filepath.Join(os.Args[1], filters), compile); err != nil {
			fmt.Fprintln(os.Stderr, "precompile:", err)
			os.Exit(1)
		}
	}
}
