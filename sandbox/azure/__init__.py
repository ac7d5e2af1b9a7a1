"""The emulated Azure: `subscription` owns the API, `resources` and `functions` what `pulumi_azure_native` asks for."""
