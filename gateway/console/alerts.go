package console

func (c *Console) alertRoutes() []route { return nil }
