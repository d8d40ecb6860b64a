package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/internal/config"
)

// sampleLock is the file that whoever uses the sample holds.
const sampleLock = "in-use.lock"

func sampleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Make the sample organisation new, or remove it",
		Args:  cobra.NoArgs,
	}
	var data string
	cmd.PersistentFlags().StringVar(&data, "data", "", "data folder")
	add := func(use, short, done string) {
		cmd.AddCommand(&cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(func(c *config.Config) {
				c.Sample = true
				if data != "" {
					c.Data = data
				}
			})
			if err != nil {
				return err
			}
			there, err := removeSample(cfg.Data)
			if err != nil {
				return err
			}
			if !there {
				done = "There is no sample organisation in " + cfg.Data + "."
			}
			fmt.Fprintln(cmd.OutOrStdout(), done)
			return nil
		}})
	}
	add("reset", "Start the sample organisation anew", "The sample organisation starts anew: waymark serve --sample loads it with dates up to then.")
	add("remove", "Delete the sample organisation's folder", "The sample organisation is removed. Real data was not touched.")
	return cmd
}

// removeSample deletes the sample's folder, unless a server uses it or it is
// something else; false when there is none.
func removeSample(dir string) (there bool, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("sample: %w", err)
	}
	_, noLock := os.Stat(filepath.Join(dir, sampleLock))
	if len(entries) > 0 && noLock != nil {
		return false, fmt.Errorf("sample: %s was not made by serve --sample; nothing was deleted", dir)
	}
	release, err := lockFile(filepath.Join(dir, sampleLock), true)
	if err != nil {
		return true, fmt.Errorf("sample: a server or a run uses %s; stop it first (%w)", dir, err)
	}
	defer release() // the file is gone by then; this closes it
	return true, os.RemoveAll(dir)
}

// holdSample keeps the sample from being removed while this process uses it.
func (a *app) holdSample() error {
	if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
		return err
	}
	release, err := lockFile(filepath.Join(a.cfg.Data, sampleLock), false)
	if err != nil {
		return fmt.Errorf("sample: %s is just being removed: %w", a.cfg.Data, err)
	}
	a.onStop(func(context.Context) error { release(); return nil })
	return nil
}
