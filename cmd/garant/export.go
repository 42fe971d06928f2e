package main

import (
	"github.com/spf13/cobra"

	"garant.example/client"
)

func (p *program) exportCommand() *cobra.Command {
	var f recordFlags
	var format, file string
	c := p.onRecords("export", "", nil, &f, func(c *call, k *client.Collection) error {
		dst, err := c.file(file, format)
		if err != nil {
			return err
		}
		_, err = k.Export(c.ctx, f.purpose, format, dst)
		if closed := dst.Close(); err == nil {
			err = closed
		}
		if err == nil {
			c.told(dst, "cli.export.written", dst.records())
		}
		return err
	})
	p.purposeFlag(c, &f)
	c.Flags().StringVar(&format, "format", client.NDJSON, p.words.T("cli.flag.format"))
	c.Flags().StringVarP(&file, "output", "o", "", p.words.T("cli.flag.output"))
	return c
}
