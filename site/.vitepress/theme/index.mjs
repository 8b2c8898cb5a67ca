import DefaultTheme from 'vitepress/theme-without-fonts';
import MomentsDrawing from './drawings/MomentsDrawing.vue';
import PositionsDrawing from './drawings/PositionsDrawing.vue';
import RoundDrawing from './drawings/RoundDrawing.vue';
import SearchDrawing from './drawings/SearchDrawing.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    for (const [name, drawing] of Object.entries({ MomentsDrawing, PositionsDrawing, RoundDrawing, SearchDrawing }))
      app.component(name, drawing);
  },
};
