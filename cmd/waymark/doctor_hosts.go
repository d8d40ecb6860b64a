package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/config"
)

// hostPatience is how long doctor waits for all hosts together.
const hostPatience = 8 * time.Second

// checkHosts asks every host that the catalog may read whether it answers.
// What it answers does not matter: a host without a page at its root is there.
func checkHosts(ctx context.Context, cfg config.Config) []finding {
	if len(cfg.Catalog.Hosts) == 0 {
		return nil
	}
	f := finding{part: "hosts", ok: true}
	r, err := remoteReader(cfg)
	if err != nil {
		return []finding{{part: "hosts", text: err.Error(), mend: "mend catalog.hosts"}}
	}
	ctx, cancel := context.WithTimeout(ctx, hostPatience)
	defer cancel()
	why := make([]string, len(cfg.Catalog.Hosts))
	var g sync.WaitGroup
	for i, h := range cfg.Catalog.Hosts {
		g.Go(func() {
			if err := r.Ping(ctx, h.Host); err != nil {
				why[i] = h.Host + ": " + catalog.Reason(err)
			}
		})
	}
	g.Wait()
	var silent []string
	for _, w := range why {
		if w != "" {
			silent = append(silent, w)
		}
	}
	f.text = fmt.Sprintf("%d of %d answer", len(why)-len(silent), len(why))
	if len(silent) > 0 {
		f.warn, f.text = true, f.text+"; "+strings.Join(silent, "; ")
		f.mend = "check the name, the network and catalog.allow_private; sources there keep what they brought"
	}
	return []finding{f}
}
