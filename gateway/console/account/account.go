// Package account is who may use the console: operators with their roles and
// passwords, their sessions, and the record of what each did.
package account

import (
	"context"
	"net/http"
	"time"
)

// Role is what an operator may do.
type Role string

// The roles, each of which may do all that those before it may.
const (
	Viewer Role = "viewer" // looks, with masked numbers
	Agent  Role = "operator"
	Admin  Role = "admin"
)

// May tells whether the role may do what another may.
func (r Role) May(what Role) bool { return rank(r) >= rank(what) && rank(r) > 0 }

func rank(r Role) int {
	switch r {
	case Viewer:
		return 1
	case Agent:
		return 2
	case Admin:
		return 3
	}
	return 0
}

// Operator is somebody who signs in.
type Operator struct {
	Name string
	Role Role
	At   time.Time // when they were added
}

// Act is one line of the audit log.
type Act struct {
	At     time.Time
	By     string // an operator's name
	What   string // a word of a small fixed set: see the acts of package console
	About  string // what it was done to: a phone's last digits, an id
	Detail string
}

// Gate is the part of the accounts that the console's pages use.
type Gate interface {
	// Routes adds /login and /logout and what else lets people in.
	Routes(mux *http.ServeMux)
	// Require serves only who is signed in and whose role may do what is asked;
	// others are sent to /login or told 403. It checks the origin of what changes
	// something.
	Require(role Role, serve http.HandlerFunc) http.Handler
	// Of is who makes the request; ok only behind Require.
	Of(r *http.Request) (Operator, bool)
	// Record adds to the audit log.
	Record(ctx context.Context, act Act) error
	// Acts are the latest of the audit log, the newest first.
	Acts(ctx context.Context, before time.Time, limit int) ([]Act, error)
}
