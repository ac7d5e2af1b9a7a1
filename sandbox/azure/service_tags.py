"""Service tags: names that stand for addresses Azure keeps, allowed as the one address of a side of a rule.

Of those that Azure documents these are the known ones: another name is refused here as an invalid address, though a
newer tag may exist. Any of them may be followed by a dot and a region, which Azure allows for some only.
"""

from __future__ import annotations

import re

TAGS = frozenset(
    """
    ActionGroup ApiManagement ApplicationInsightsAvailability AppConfiguration AppService AppServiceManagement
    AutonomousDevelopmentPlatform AzureActiveDirectory AzureActiveDirectoryDomainServices
    AzureAdvancedThreatProtection AzureArcInfrastructure AzureAttestation AzureBackup AzureBotService AzureCloud
    AzureCognitiveSearch AzureConnectors AzureContainerAppsService AzureContainerRegistry AzureCosmosDB
    AzureDataExplorerManagement AzureDataLake AzureDatabricks AzureDevOps AzureDevSpaces AzureDeviceUpdate
    AzureDigitalTwins AzureEventGrid AzureFrontDoor.Backend AzureFrontDoor.FirstParty AzureFrontDoor.Frontend
    AzureHealthcareAPIs AzureInformationProtection AzureIoTHub AzureKeyVault AzureLoadBalancer
    AzureLoadTestingInstanceManagement AzureMachineLearning AzureMachineLearningInference AzureManagedGrafana
    AzureMonitor AzureOpenDatasets AzurePlatformDNS AzurePlatformIMDS AzurePlatformLKM AzureResourceManager
    AzureSentinel AzureSignalR AzureSiteRecovery AzureSphere AzureSpringCloud AzureStack AzureTrafficManager
    AzureUpdateDelivery AzureVideoIndexer AzureVideoAnalyzerForMedia AzureWebPubSub BatchNodeManagement ChaosStudio
    CognitiveServicesFrontend CognitiveServicesManagement DataFactory DataFactoryManagement Dynamics365BusinessCentral
    EventHub GatewayManager GenevaActions GuestAndHybridManagement HDInsight Internet LogicApps LogicAppsManagement
    M365ManagementActivityApi Marketplace MicrosoftAzureFluidRelay MicrosoftCloudAppSecurity
    MicrosoftContainerRegistry MicrosoftDefenderForEndpoint OneDsCollector PowerBI PowerPlatformInfra
    PowerPlatformPlex PowerQueryOnline SCCservice Scuba SecurityCopilot ServiceBus ServiceFabric Sql SqlManagement
    Storage StorageSyncService StorageMover TrafficManager VideoIndexer VirtualDesktop VirtualNetwork
    WindowsAdminCenter WindowsVirtualDesktop
    """.lower().split()
)
_REGION = re.compile(r"[a-z0-9]+")


def is_service_tag(text: str) -> bool:
    """Return whether a text is a service tag, with or without a region; cases do not matter."""
    name, _, region = text.lower().partition(".")
    return text.lower() in TAGS or (name in TAGS and bool(_REGION.fullmatch(region)))
