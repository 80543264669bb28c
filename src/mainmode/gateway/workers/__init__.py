"""Several processes of one gateway (`mainmode up --workers`): each is the ordinary gateway for some of the peers."""
