// Package main tells how deployment tools see an object: kstatus, which Flux, kpt and Helm read, and a Lua health check of Argo CD.
//
//	health SCRIPT.lua <OBJECTS.yaml
//
// It prints a line for each object: its name, kstatus' verdict, Argo CD's verdict, and Argo CD's message.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "health:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: health SCRIPT.lua <OBJECTS.yaml")
	}
	script, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	documents := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var object unstructured.Unstructured
		if err := yaml.Unmarshal(document, &object.Object); err != nil {
			return err
		}
		seen, err := status.Compute(&object)
		if err != nil {
			return err
		}
		health, message, err := argo(string(script), object.Object)
		if err != nil {
			return fmt.Errorf("%s: %w", object.GetName(), err)
		}
		fmt.Printf("%s\t%s\t%s\t%s\n", object.GetName(), seen.Status, health, strings.Join(strings.Fields(message), " "))
	}
}

// argo runs a health check as Argo CD does: Lua with the base and table libraries only, and the object as the global obj.
func argo(script string, object map[string]any) (health, message string, err error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{{lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable}} {
		err := state.CallByParam(lua.P{Fn: state.NewFunction(library.open), Protect: true}, lua.LString(library.name))
		if err != nil {
			return "", "", err
		}
	}
	state.SetGlobal("obj", value(state, object))
	if err := state.DoString(script); err != nil {
		return "", "", err
	}
	answer, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return "", "", errors.New("the health check returned no table")
	}
	return lua.LVAsString(answer.RawGetString("status")), lua.LVAsString(answer.RawGetString("message")), nil
}

func value(state *lua.LState, of any) lua.LValue {
	switch it := of.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, each := range it {
			table.RawSetString(key, value(state, each))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, each := range it {
			table.Append(value(state, each))
		}
		return table
	case string:
		return lua.LString(it)
	case bool:
		return lua.LBool(it)
	case int64:
		return lua.LNumber(it)
	case float64:
		return lua.LNumber(it)
	default:
		return lua.LNil
	}
}
