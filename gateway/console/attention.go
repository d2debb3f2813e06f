package console

func (c *Console) attentionRoutes() []route { return nil }
