/*
 * Who listens where. Each validator says it of itself when it is connected, and
 * passes on what others said: so one that knows a single address finds all.
 */
#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/cluster/cluster_contact.h"
#include "settlement/cluster/cluster_internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

/* Frames of contacts a second from one peer, and at once: one says all when it
 * is connected, and passes on what is new. */
#define FRAMES_PER_S 1
#define FRAMES_BURST 16

struct cluster_contacts {
    struct cluster_contact *all; /* one a validator; unix_ms 0: not known */
    struct rate *rates;          /* likewise */
};

static const struct hash *network_of(const struct cluster *cluster)
{
    return &cluster->network;
}

/* ---- one's own ---- */

/* All addresses of the machine are no address to connect to. */
static bool is_one_address(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, address, &v4) == 1)
        return v4.s_addr != INADDR_ANY;
    return inet_pton(AF_INET6, address, &v6) != 1 ||
           !IN6_IS_ADDR_UNSPECIFIED(&v6);
}

static void describe_self(struct cluster *cluster)
{
    struct cluster_contact *own = &cluster->contacts->all[cluster->self];
    const struct cluster_options *options = &cluster->options;
    const char *address = options->address ? options->address : "127.0.0.1";

    own->unix_ms = cluster_clock().unix_ms;
    if (is_one_address(address)) {
        own->address_count = 1;
        snprintf(own->addresses[0], CLUSTER_TEXT_MAX,
                 strchr(address, ':') ? "[%s]:%u" : "%s:%u", address,
                 peer_host_port(cluster->host));
    }
    snprintf(own->endpoint, CLUSTER_TEXT_MAX, "%s",
             options->endpoint ? options->endpoint : "");
    snprintf(own->version, CLUSTER_TEXT_MAX, "%s", POND_VERSION);
    cluster_contact_sign(own, network_of(cluster), options->execution.identity);
}

void cluster_contacts_open(struct cluster *cluster)
{
    size_t count = validator_set_count(cluster->set);
    struct cluster_contacts *contacts = mem_zero(1, sizeof(*contacts));

    cluster->contacts = contacts;
    contacts->all = mem_zero(count, sizeof(*contacts->all));
    contacts->rates = mem_zero(count, sizeof(*contacts->rates));
    for (size_t i = 0; i < count; i++)
        contacts->rates[i] =
            rate_make(FRAMES_PER_S, FRAMES_BURST, uv_now(&cluster->loop));
    describe_self(cluster);
}

void cluster_contacts_free(struct cluster *cluster)
{
    if (!cluster->contacts)
        return;
    free(cluster->contacts->all);
    free(cluster->contacts->rates);
    free(cluster->contacts);
}

/* ---- sending ---- */

static void flush(struct cluster *cluster, uint16_t index, struct buffer *body)
{
    if (body->size && peer_host_send(cluster->host, index, PEER_VOTES,
                                     CLUSTER_CONTACTS, buffer_view(body)))
        err_clear();
    buffer_clear(body);
}

void cluster_contacts_tell(struct cluster *cluster, uint16_t index)
{
    struct buffer body = {0};

    for (size_t i = 0; i < validator_set_count(cluster->set); i++) {
        if (i == index || !cluster->contacts->all[i].unix_ms)
            continue;
        if (body.size + CLUSTER_CONTACT_MAX > PEER_BODY_MAX(PEER_VOTES))
            flush(cluster, index, &body);
        cluster_contact_encode(&cluster->contacts->all[i], &body);
    }
    flush(cluster, index, &body);
    buffer_free(&body);
}

/* ---- taking ---- */

/* A number with a port: nobody may have this validator look up names. */
static bool is_numeric(const char *address)
{
    char host[CLUSTER_TEXT_MAX];
    const char *colon = strrchr(address, ':');
    struct in_addr v4;
    struct in6_addr v6;

    if (!colon)
        return false;
    bool is_v6 = *address == '[' && colon > address && colon[-1] == ']';
    snprintf(host, sizeof(host), "%.*s", (int)(colon - address) - 2 * is_v6,
             address + is_v6);
    return is_v6 ? inet_pton(AF_INET6, host, &v6) == 1
                 : inet_pton(AF_INET, host, &v4) == 1;
}

static void use(struct cluster *cluster, uint16_t index)
{
    const struct cluster_contact *contact = &cluster->contacts->all[index];
    const char *addresses[CLUSTER_ADDRESSES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < contact->address_count; i++)
        if (is_numeric(contact->addresses[i]))
            addresses[count++] = contact->addresses[i];
    if (count && peer_host_know(cluster->host, index, &contact->identity,
                                addresses, count))
        err_clear();
}

/* True: it is new, and is to be passed on. */
static bool take(struct cluster *cluster, const struct cluster_contact *contact,
                 uint16_t *index)
{
    size_t found = validator_set_find(cluster->set, &contact->identity);

    if (found == validator_set_count(cluster->set) || found == cluster->self ||
        contact->unix_ms <= cluster->contacts->all[found].unix_ms ||
        !cluster_contact_is_signed(contact, network_of(cluster)))
        return false;
    *index = (uint16_t)found;
    cluster->contacts->all[found] = *contact;
    return true;
}

static void pass_on(struct cluster *cluster, uint16_t from,
                    const struct buffer *body)
{
    for (uint16_t i = 0; body->size && i < validator_set_count(cluster->set);
         i++)
        if (i != from && cluster->links[i][PEER_VOTES] &&
            peer_host_send(cluster->host, i, PEER_VOTES, CLUSTER_CONTACTS,
                           buffer_view(body)))
            err_clear();
}

int cluster_contacts_take(struct cluster *cluster, uint16_t from,
                          struct bytes body)
{
    struct reader reader = reader_make(body);
    struct buffer news = {0};
    int status = 0;

    if (!rate_take(&cluster->contacts->rates[from], uv_now(&cluster->loop), 1))
        return 0;
    while (!status && reader.left.size) {
        struct cluster_contact contact;
        uint16_t index = 0;
        status = cluster_contact_decode(&reader, &contact);
        if (status || !take(cluster, &contact, &index))
            continue;
        use(cluster, index);
        cluster_contact_encode(&contact, &news);
    }
    pass_on(cluster, from, &news);
    buffer_free(&news);
    return status;
}

void cluster_contacts_show(const struct cluster *cluster, uint16_t index,
                           struct cluster_validator *out)
{
    const struct cluster_contact *contact = &cluster->contacts->all[index];

    if (contact->addresses[0][0])
        snprintf(out->address, sizeof(out->address), "%s",
                 contact->addresses[0]);
    snprintf(out->rpc, sizeof(out->rpc), "%s", contact->endpoint);
    snprintf(out->version, sizeof(out->version), "%s", contact->version);
}
