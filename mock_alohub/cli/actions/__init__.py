"""What the verbs do, one module each: imported when a verb is run, not when its help is shown."""
