"""The emulated AWS: `account` owns the API, `resources` and `functions` what the `pulumi_aws` SDK asks for."""
