package identity

import (
	"iter"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/id"
)

// Rows gives every row of this package whose hash stands in leaves, for
// audit.Log.VerifyRows: accounts, then tokens.
func Rows(tx db.Tx) iter.Seq2[audit.Row, error] {
	return func(yield func(audit.Row, error) bool) {
		var after id.Account
		for {
			n := 0
			for row, err := range listAccounts(tx, after, largePage) {
				if err != nil {
					yield(audit.Row{}, err)
					return
				}
				if !yield(audit.Row{Object: row.id.Raw, Hash: row.hash()}, nil) {
					return
				}
				after, n = row.id, n+1
			}
			if n < largePage {
				break
			}
		}
		tokenRows(tx, yield)
	}
}

func tokenRows(tx db.Tx, yield func(audit.Row, error) bool) {
	var after id.Token
	for {
		n := 0
		for row, err := range listTokens(tx, after, largePage) {
			if err != nil {
				yield(audit.Row{}, err)
				return
			}
			if !yield(audit.Row{Object: row.id.Raw, Hash: row.rowHash()}, nil) {
				return
			}
			after, n = row.id, n+1
		}
		if n < largePage {
			return
		}
	}
}
