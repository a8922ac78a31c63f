/*
 * What the CreateTask instruction says of a deployment, and the transaction
 * that creates the task.
 */
#ifndef POND_AUTHOR_DEPLOYMENT_TERMS_H
#define POND_AUTHOR_DEPLOYMENT_TERMS_H

#include "author/deployment.h"
#include "node/money/recipe.h"

/* Borrows from both. The description is cut to its first 50 characters (and
 * to its field), as Koii's CLI does; all of it stands in the metadata. */
void deployment_terms(const struct deployment *deployment,
                      const struct deployment_content *content,
                      struct task_terms *out);

/* Put the creation into the recipe: a fresh stake pot, the terms and the space
 * of the deployment. task is the new task's key, borrowed by the
 * recipe. Returns what recipe_create_task() says; the recipe is freed by the
 * caller in any case. */
int deployment_create(const struct deployment *deployment,
                      const struct deployment_content *content,
                      const struct keypair *task, struct recipe *recipe);

#endif
