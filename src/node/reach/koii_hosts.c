#include "node/reach/koii_hosts.h"

#include <string.h>

const char *const koii_storage_hosts[KOII_STORAGE_HOSTS] = {
    "ipfs-gateway.koii.live", "tasknet.koii.live", "tasknet-2.koii.live"};
const char *const koii_endpoint_hosts[KOII_ENDPOINT_HOSTS] = {
    "mainnet.koii.network", "desktop-node-rpc.mainnet.koii.network",
    "testnet.koii.network", "testnet.koii.live", "devnet.koii.network"};

bool koii_hosts_is_endpoint(const char *host)
{
    for (int i = 0; i < KOII_ENDPOINT_HOSTS; i++)
        if (!strcmp(host, koii_endpoint_hosts[i]))
            return true;
    return false;
}
