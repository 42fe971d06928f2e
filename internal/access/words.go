package access

// Key is the message key of the action's name.
func (a Action) Key() string { return "access.action." + a.String() }

// Key is the message key of the resource's name.
func (r Resource) Key() string { return "access.resource." + r.String() }
