"""The theory of training by diffusion in executable form: what chapter 2 proves, computed."""
