"""The emulated GCP: `account` owns the APIs, `resources` and `functions` what the `pulumi_gcp` SDK asks for."""
