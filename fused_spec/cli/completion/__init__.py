"""What a shell is told when somebody presses the tab key: nothing here asks a service, or lets an error be seen."""
