package bus

import (
	"fmt"
	"regexp"

	"github.com/rs/zerolog"
)

// natsLog writes the embedded server's log lines to ours. Subjects of the
// message log hold phone numbers, so long runs of digits are masked.
type natsLog struct{ log zerolog.Logger }

var longNumber = regexp.MustCompile(`\d{7,}`)

func masked(format string, v []any) string {
	return longNumber.ReplaceAllString(fmt.Sprintf(format, v...), "***")
}

func (l natsLog) Noticef(format string, v ...any) { l.log.Debug().Msg("nats: " + masked(format, v)) }
func (l natsLog) Warnf(format string, v ...any)   { l.log.Warn().Msg("nats: " + masked(format, v)) }
func (l natsLog) Errorf(format string, v ...any)  { l.log.Error().Msg("nats: " + masked(format, v)) }
func (l natsLog) Debugf(format string, v ...any)  { l.log.Trace().Msg("nats: " + masked(format, v)) }
func (l natsLog) Tracef(format string, v ...any)  { l.log.Trace().Msg("nats: " + masked(format, v)) }

// Fatalf does not exit: a process that embeds the server decides for itself.
func (l natsLog) Fatalf(format string, v ...any) { l.log.Error().Msg("nats: " + masked(format, v)) }
