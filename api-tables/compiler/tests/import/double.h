/* Functions that there are twice, and that are looked up by name and version. */
typedef enum { DBL_OK = 0, DBL_NOT_SUPPORTED = 1, DBL_LOST = 2 } dbl_status;
typedef struct dbl_queue_st *dbl_queue;

dbl_status dbl_queue_create(dbl_queue *queue);
dbl_status dbl_queue_create_v2(dbl_queue *queue, unsigned flags);
dbl_status dbl_queue_destroy(dbl_queue queue);
dbl_status dbl_run(dbl_queue queue, unsigned count);
dbl_status dbl_wait(dbl_queue queue);
dbl_status dbl_wait_v2(dbl_queue queue, unsigned milliseconds);
dbl_status dbl_map(dbl_queue queue, void *place);
dbl_status dbl_odd(dbl_queue queue);

dbl_status dbl_run_now(dbl_queue a_queue, unsigned a_count);
dbl_status dbl_wait_v2_now(dbl_queue queue, unsigned milliseconds);
dbl_status dbl_map_here(dbl_queue queue, void *place);
dbl_status dbl_odd_now(dbl_queue queue, unsigned more);
dbl_status dbl_alone_now(dbl_queue queue);
