/*
 * The connections to the other validators, and what comes by them.
 */
#include "base/error.h"
#include "settlement/cluster/cluster_internal.h"

static void take_link(struct cluster *cluster, const struct peer_event *event)
{
    uint64_t *link = &cluster->links[event->index][event->lane];
    bool is_up = event->news == PEER_UP;

    if (!is_up && *link != event->link)
        return;
    *link = is_up ? event->link : 0;
    if (event->lane != PEER_VOTES)
        return;
    if (event->status != ERR_EXISTS)
        cluster_say_peer(cluster, event->index, is_up, is_up ? "" : err_text());
    if (is_up)
        cluster_contacts_tell(cluster, event->index);
    replica_peer(cluster->replica, cluster_clock(), event->index, is_up);
    cluster_drive(cluster);
}

static void take_contacts(struct cluster *cluster,
                          const struct peer_event *event)
{
    int status = cluster_contacts_take(cluster, event->index, event->body);

    if (status == ERR_DENIED) {
        replica_refuse(cluster->replica, event->index);
        cluster_drive(cluster);
    } else if (status) {
        cluster_cut(cluster, event->index);
    }
    err_clear();
}

/* Who is no validator has nothing to say here. */
static void on_peer(void *user, const struct peer_event *event)
{
    struct cluster *cluster = user;

    if (event->index == PEER_STRANGER)
        return;
    if (event->news != PEER_FRAME) {
        take_link(cluster, event);
        return;
    }
    if (event->kind == CLUSTER_CONTACTS) {
        take_contacts(cluster, event);
        return;
    }
    replica_frame(cluster->replica, cluster_clock(), event->index, event->kind,
                  event->body);
    cluster_drive(cluster);
}

/* Where the genesis says, then at the entrypoints, as far as there is room:
 * each is tried for each, because it is not known whose it is. Contacts say
 * more. */
static int know_peer(struct cluster *cluster, uint16_t index)
{
    const struct cluster_options *options = &cluster->options;
    const struct genesis_validator *validator =
        &ledger_genesis(options->execution.ledger)->validators[index];
    const char *addresses[PEER_ADDRESSES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < validator->address_count; i++)
        if (count < PEER_ADDRESSES_MAX)
            addresses[count++] = validator->addresses[i];
    for (size_t i = 0; i < options->entrypoint_count; i++)
        if (count < PEER_ADDRESSES_MAX)
            addresses[count++] = options->entrypoints[i];
    return peer_host_know(cluster->host, index, &validator->identity, addresses,
                          count);
}

static int know_peers(struct cluster *cluster)
{
    int status = 0;

    for (uint16_t i = 0; !status && i < validator_set_count(cluster->set); i++)
        status = know_peer(cluster, i);
    return status;
}

int cluster_start_host(struct cluster *cluster)
{
    const struct cluster_options *options = &cluster->options;
    const struct peer_host_options host = {
        .loop = &cluster->loop,
        .identity = options->execution.identity,
        .network = cluster->network,
        .address = options->address ? options->address : "127.0.0.1",
        .port = options->port,
        .is_loopback_free = true,
        .take = on_peer,
        .user = cluster};
    int status = peer_host_new(&host, &cluster->host);

    return status ? status : know_peers(cluster);
}
