export { inngestMiddleware, type InngestMiddlewareOptions } from "./adapters/inngest/inngest-middleware.js";
