"""The reference project: one stack for each cloud."""

import pulumi
import pulumi_aws as aws

vpc = aws.ec2.Vpc("site", cidr_block="10.20.0.0/16", tags={"Name": "workload-security"})
pulumi.export("vpc_id", vpc.id)
