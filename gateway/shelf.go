package gateway

import (
	"sync"

	"haat/catalog"
	"haat/gateway/lang"
	"haat/gateway/parse"
)

// shelf is the present catalogue with what understands texts about it.
type shelf struct {
	mu      sync.RWMutex
	catalog *catalog.Catalog
	parser  *parse.Parser
}

// present gives the catalogue with its parser, which is made once for each. Where
// several messages come after a change they wait for one of them to make it.
func (s *shelf) present(c *catalog.Catalog, languages *lang.Set) (*catalog.Catalog, *parse.Parser) {
	s.mu.RLock()
	parser, known := s.parser, s.catalog == c && s.parser != nil
	s.mu.RUnlock()
	if known {
		return c, parser
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.catalog != c || s.parser == nil {
		s.catalog, s.parser = c, parse.New(c, languages)
	}
	return c, s.parser
}
