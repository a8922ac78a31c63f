/*
 * Who hears whom in a simulated network, and how far they are from each other.
 * Partitions come and go by chance.
 */
#ifndef POND_TESTS_SIM_SIM_LINKS_H
#define POND_TESTS_SIM_SIM_LINKS_H

#include "sim_world.h"

/* One way between two processes. Of a pair with one that is down there is no
 * connection; of a mute one both ends think that there is. */
enum link { LINK_OPEN, LINK_MUTE, LINK_DOWN };

struct sim_links {
    size_t count;      /* of processes */
    uint8_t *ways;     /* enum link, [from][to] */
    bool is_cut;       /* is there a partition? */
    uint64_t cut_side; /* bits of processes */
    unsigned flaps;    /* that are left */
    /* A connection loses nothing while it stands: so one that was mute is found
     * dead, and made anew. Else that is a matter of chance. */
    bool is_stream;
    /* Calls sim_links_set(), and tells both ends what has changed. */
    void (*change)(struct world *world, size_t a, size_t b, enum link there,
                   enum link back);
    struct world *world;
};

/* All are open. ways is to be freed. */
struct sim_links sim_links_make(size_t count);

enum link sim_link(const struct sim_links *links, size_t from, size_t to);
/* Is there a connection, whatever it carries? */
bool sim_links_stand(const struct sim_links *links, size_t a, size_t b);
void sim_links_set(struct sim_links *links, size_t a, size_t b, enum link there,
                   enum link back);

/* A partition of a kind that the options have. Returns how long it lasts. */
uint64_t sim_links_cut(struct sim_links *links,
                       const struct world_options *options,
                       struct random *random);
void sim_links_mend_all(struct sim_links *links, struct random *random);
/* The end of that partition. Returns how long it is to the next. */
uint64_t sim_links_mend(struct sim_links *links,
                        const struct world_options *options,
                        struct random *random);
/* One that is not heard, or does not hear, any more. */
void sim_links_leave_out(struct sim_links *links, struct random *random,
                         size_t index);

/* How long a message takes from one validator to the other. */
uint64_t sim_delay(const struct world_options *options, struct random *random,
                   size_t from, size_t to);
/* How many times as long a message takes while there are faults. */
uint64_t sim_lateness(const struct world_options *options,
                      struct random *random);

#endif
