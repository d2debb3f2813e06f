package console

func (c *Console) practiceRoutes() []route { return nil }
