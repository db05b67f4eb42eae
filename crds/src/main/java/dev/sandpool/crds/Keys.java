package dev.sandpool.crds;

/** The rules by which the API server judges labels and annotations that a pool's author adds to Sandpool's objects. */
final class Keys {
    /** More than this many on one object is a mistake, and the rules about them are given only so much time. */
    static final int MOST = 32;

    /** Sandpool finds its objects by these, and knows by them which runner a sandbox belongs to. */
    static final String NOT_OURS =
            "self.all(key, !key.startsWith('sandpool.dev/') && !key.startsWith('app.kubernetes.io/'))";

    static final String NOT_OURS_MESSAGE = "keys beginning with sandpool.dev/ or app.kubernetes.io/ are Sandpool's own";

    /** They choose another root file system and other flags of runsc. The admission policies refuse a sandbox that has one. */
    static final String NOT_GVISORS = "self.all(key, !key.startsWith('dev.gvisor.'))";

    static final String NOT_GVISORS_MESSAGE = "keys beginning with dev.gvisor. change what a sandbox is";

    static final int LONGEST_LABEL_VALUE = 63;
    static final String LABEL_VALUE = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$";

    /** A qualified name: what pods would be refused for otherwise, one by one, long after the pool was accepted. */
    static final String WELL_FORMED =
            "self.all(key, key.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'))";

    static final String WELL_FORMED_MESSAGE =
            "a key must be a name of at most 63 letters, digits, hyphens, underscores and dots, after a domain and a slash if need be";

    private Keys() {}
}
