/*
 * What a node knows of the tasks that its operator makes: the folders that were
 * looked at, where keys of new tasks are kept, and what deployments have cost.
 * The deployments themselves are commands (node/page/api_deploy.c).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_DEPLOYS_H
#define POND_NODE_NODE_DEPLOYS_H

#include "node/page/api_world.h"

struct node;
struct node_deploys;

struct node_deploys *node_deploys_new(struct node *node);
/* Once the journal is open: blocks. */
void node_deploys_open(struct node_deploys *deploys);
void node_deploys_free(struct node_deploys *deploys); /* NULL is allowed */

/* As struct api_world has them. */
const struct api_deploy_place *
node_deploys_place(const struct node_deploys *deploys);
void node_deploys_write_folders(const struct node_deploys *deploys,
                                struct json_writer *writer);
void node_deploys_note_folder(struct node_deploys *deploys, const char *folder);
void node_deploys_note(struct node_deploys *deploys,
                       const struct api_deployed *deployed);

#endif
