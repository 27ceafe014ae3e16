"""Who works here: accounts, roles, standing in for the head (*Plh.*/*Plt.*), and case loads lent during leave."""
