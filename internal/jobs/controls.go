package jobs

import (
	"context"
	"time"

	"garant.example/internal/assurance"
)

// Controls runs every control that is due, one after another.
func Controls(s *assurance.Service) Job {
	return Job{Name: "controls", Every: 30 * time.Second, Run: func(ctx context.Context) error {
		due, err := s.Due(ctx)
		if err != nil {
			return err
		}
		for _, promise := range due {
			if ctx.Err() != nil {
				return nil
			}
			if _, err := s.Run(ctx, promise); err != nil {
				return err
			}
		}
		return nil
	}}
}
