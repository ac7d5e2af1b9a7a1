"""The nested inputs of `aws.networkfirewall` resources, with their names in the API."""

from __future__ import annotations

from sandbox.aws.resources.shapes import Part

DEFINITIONS = {"definitions": Part("Definition", many=True)}
RULE_GROUP = {
    "referenceSets": Part(
        "ReferenceSets",
        parts={
            "ipSetReferences": Part(
                "IPSetReferences", keyed="ipSetReferences", listed=True, parts={"referenceArn": Part("ReferenceArn")}
            )
        },
    ),
    "ruleVariables": Part(
        "RuleVariables",
        parts={
            "ipSets": Part("IPSets", keyed="ipSet", parts=DEFINITIONS),
            "portSets": Part("PortSets", keyed="portSet", parts=DEFINITIONS),
        },
    ),
    "rulesSource": Part(
        "RulesSource",
        parts={
            "rulesSourceList": Part(
                "RulesSourceList",
                parts={
                    "generatedRulesType": Part("GeneratedRulesType"),
                    "targetTypes": Part("TargetTypes", many=True),
                    "targets": Part("Targets", many=True),
                },
            ),
            "rulesString": Part("RulesString"),
            "statefulRules": Part(
                "StatefulRules",
                many=True,
                ordered=True,
                parts={
                    "action": Part("Action"),
                    "header": Part(
                        "Header",
                        parts={
                            "destination": Part("Destination"),
                            "destinationPort": Part("DestinationPort"),
                            "direction": Part("Direction"),
                            "protocol": Part("Protocol"),
                            "source": Part("Source"),
                            "sourcePort": Part("SourcePort"),
                        },
                    ),
                    "ruleOptions": Part(
                        "RuleOptions",
                        many=True,
                        parts={"keyword": Part("Keyword"), "settings": Part("Settings", many=True)},
                    ),
                },
            ),
            "statelessRulesAndCustomActions": Part("StatelessRulesAndCustomActions", emulated=False),
        },
    ),
    "statefulRuleOptions": Part("StatefulRuleOptions", parts={"ruleOrder": Part("RuleOrder")}),
}
POLICY = {
    "enableTlsSessionHolding": Part("EnableTLSSessionHolding", emulated=False),
    "policyVariables": Part(
        "PolicyVariables",
        parts={"ruleVariables": Part("RuleVariables", keyed="ipSet", parts=DEFINITIONS)},
    ),
    "statefulDefaultActions": Part("StatefulDefaultActions", many=True),
    "statefulEngineOptions": Part(
        "StatefulEngineOptions",
        parts={
            "flowTimeouts": Part(
                "FlowTimeouts", parts={"tcpIdleTimeoutSeconds": Part("TcpIdleTimeoutSeconds", kind=int)}
            ),
            "ruleOrder": Part("RuleOrder"),
            "streamExceptionPolicy": Part("StreamExceptionPolicy"),
        },
    ),
    "statefulRuleGroupReferences": Part(
        "StatefulRuleGroupReferences",
        many=True,
        parts={
            "deepThreatInspection": Part("DeepThreatInspection", emulated=False),
            "override": Part("Override", parts={"action": Part("Action")}),
            "priority": Part("Priority", kind=int),
            "resourceArn": Part("ResourceArn"),
        },
    ),
    "statelessCustomActions": Part("StatelessCustomActions", emulated=False),
    "statelessDefaultActions": Part("StatelessDefaultActions", many=True),
    "statelessFragmentDefaultActions": Part("StatelessFragmentDefaultActions", many=True),
    "statelessRuleGroupReferences": Part("StatelessRuleGroupReferences", emulated=False),
    "tlsInspectionConfigurationArn": Part("TLSInspectionConfigurationArn", emulated=False),
}
